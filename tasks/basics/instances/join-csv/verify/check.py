expect_equal(
    read("report.csv").rstrip("\n"),
    "\n".join([
        "customer_id,name,orders,total",
        "3,Jonas Berg,3,20.29",
        "9,Priya Raman,2,1000.00",
        '17,"Okafor, Ngozi",2,250.05',
        "25,Mei Lin,0,0.00",
        '40,"Smith, John, Jr.",3,10.00',
        '101,"Ana ""Nita"" Silva",1,12.25',
    ]),
    "report.csv",
)
